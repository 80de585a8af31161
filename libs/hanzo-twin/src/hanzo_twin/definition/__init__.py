"""A twin's YAML file as the user keeps it: variables filled in, checked, its scene found."""

from hanzo_twin.definition.file import TwinFile, read_twin_file
from hanzo_twin.definition.variables import setting_variables
from hanzo_twin.twinfile.variables import fill_variables

__all__ = ["TwinFile", "fill_variables", "read_twin_file", "setting_variables"]
