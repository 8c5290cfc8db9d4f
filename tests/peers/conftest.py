"""timm and transformers import torchvision, whose operators a torch of another build may not know; none is used."""

from __future__ import annotations

import sys
from types import ModuleType

sys.modules.setdefault("torchvision._meta_registrations", ModuleType("torchvision._meta_registrations"))
