"""Source of this package as a zip, which the cluster runs: the same bytes for the same source."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def zip_source() -> tuple[str, bytes]:
    """Name, with a hash of the content, and content of the zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(PACKAGE.rglob("*")):
            if file.suffix in (".py", ".json", ".typed") and file.is_file():
                name = f"{PACKAGE.name}/{file.relative_to(PACKAGE).as_posix()}"
                archive.writestr(zipfile.ZipInfo(name), file.read_bytes(), zipfile.ZIP_DEFLATED)
    content = buffer.getvalue()
    # Ray keeps and deletes packages by this pattern of their names.
    return f"_ray_pkg_{hashlib.sha256(content).hexdigest()[:32]}.zip", content
