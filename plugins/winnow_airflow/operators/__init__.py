"""Operators: a step of a build, its gate, the record of the finished build."""

from winnow_airflow.operators.gate import GateOperator
from winnow_airflow.operators.record import RecordOperator
from winnow_airflow.operators.stage import StageOperator

__all__ = ["GateOperator", "RecordOperator", "StageOperator"]
