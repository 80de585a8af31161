"""What people upload as a scene, read safely and packed into one file that USD opens as it is."""

from twin_common.packages.errors import PackageRefused
from twin_common.packages.limits import Limits
from twin_common.packages.member import Member
from twin_common.packages.pack import Packed, members_of, pack_files, pack_upload, replace_members

__all__ = [
    "Limits",
    "Member",
    "PackageRefused",
    "Packed",
    "members_of",
    "pack_files",
    "pack_upload",
    "replace_members",
]
