"""The bus: one small interface (`api`), two implementations (`kafka`, `memory`) under one behaviour suite."""
