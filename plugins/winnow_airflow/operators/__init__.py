"""Operators: a step of a build, its gate, the record of the finished build; a model's training, review and use."""

from winnow_airflow.operators.gate import GateOperator
from winnow_airflow.operators.model import TrainModelOperator, UseModelOperator
from winnow_airflow.operators.record import RecordOperator
from winnow_airflow.operators.review import ReviewModelOperator
from winnow_airflow.operators.stage import StageOperator

__all__ = [
    "GateOperator",
    "RecordOperator",
    "ReviewModelOperator",
    "StageOperator",
    "TrainModelOperator",
    "UseModelOperator",
]
