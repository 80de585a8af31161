"""`python -m scene_manager` is the scene manager."""

from scene_manager.entrypoints.main import main

main()
