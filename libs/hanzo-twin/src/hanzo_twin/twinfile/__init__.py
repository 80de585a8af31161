"""A twin's YAML file on its way to the API: variables filled in, its scene found and uploaded."""

from hanzo_twin.twinfile.bring import Brought, bring
from hanzo_twin.twinfile.read import Given, read
from hanzo_twin.twinfile.variables import FileWrong, fill_variables

__all__ = ["Brought", "FileWrong", "Given", "bring", "fill_variables", "read"]
