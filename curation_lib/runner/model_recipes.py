"""A model's recipe: one YAML file that says what trains a model. Checked whole, before any document is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from curation_lib.core.artefact import check_name
from curation_lib.core.errors import ConfigError
from curation_lib.core.recipe import NAME, Schedule, Section, validated
from curation_lib.core.yaml_files import load_yaml
from curation_lib.training.recipes import PRESETS, ClassifierSettings

DOCUMENTS = "documents"
"""The one label of what trains an n-gram model."""
_LABELS = {"density": ("dense", "polished"), "perplexity": (DOCUMENTS,)}
_Place = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
_Places = Annotated[
    list[_Place], BeforeValidator(lambda given: [given] if isinstance(given, str) else given), Field(min_length=1)
]


class ModelRecipe(Section):
    """What trains a model. inputs: files, folders, globs, URLs or datasets by label, one or a list of them; labels are
    `dense` and `polished` for density, `documents` for perplexity, any for a classifier, whose first one filters score
    by. license: of the model; null: that of its documents. airflow: when and for whom Airflow trains it."""

    name: str = Field(pattern=NAME)
    description: str = ""
    trains: Literal["classifier", "density", "perplexity"]
    inputs: dict[str, _Places]
    preset: str | None = None
    settings: dict[str, Any] = Field({})
    license: _Place | None = None
    airflow: Schedule = Schedule()

    def settled(self) -> Any:
        """The typed settings of the training: of the preset, with the recipe's.

        Raises ConfigError, naming the key.
        """
        if self.trains == "classifier":
            return validated(ClassifierSettings, {**PRESETS[self._preset()], **self.settings}, "settings")
        if self.preset is not None:
            raise ConfigError(f"key 'preset': only a classifier has presets; put settings of {self.trains} one by one")
        if self.trains == "perplexity":
            from curation_lib.training.perplexity import PerplexityTraining

            return validated(PerplexityTraining, self.settings, "settings")
        from curation_lib.training.density import DensityTraining

        return validated(DensityTraining, self.settings, "settings")

    def _preset(self) -> str:
        preset = self.preset or "dclm"
        if preset not in PRESETS:
            raise ConfigError(f"key 'preset': {preset!r} is none; presets are {', '.join(PRESETS)}")
        return preset


def load_model_recipe(path: str | Path, environment: Mapping[str, str] | None = None) -> ModelRecipe:
    """The recipe in a YAML file, `${NAME}` and `${NAME:-default}` replaced from the environment. Reads no input.

    Raises ConfigError, in one line that names file, key and remedy.
    """
    data, where = load_yaml(path, "model recipe", environment), str(path)
    if not isinstance(data, dict):
        raise ConfigError(f"{where}: a model's recipe is a mapping with the keys {', '.join(ModelRecipe.model_fields)}")
    recipe: ModelRecipe = validated(ModelRecipe, data, where)
    try:
        _check_labels(recipe)
        recipe.settled()
    except ConfigError as e:
        raise ConfigError(f"{where}: {e}") from e
    return recipe


def _check_labels(recipe: ModelRecipe) -> None:
    labels: Sequence[str] = list(recipe.inputs)
    if (asked := _LABELS.get(recipe.trains)) and set(labels) != set(asked):
        found = ", ".join(labels) or "none"
        raise ConfigError(f"key 'inputs': {recipe.trains} takes the labels {' and '.join(asked)}; found {found}")
    if recipe.trains == "classifier" and len(labels) < 2:
        raise ConfigError("key 'inputs': a classifier takes two labels or more, e.g. positive and negative")
    for label in labels:
        check_name(label, "key 'inputs': label")
