"""From a series to its continuation, beside the references that it has to beat."""

from bayesneuron.forecasting._backtest import backtest
from bayesneuron.forecasting._forecast import forecast
from bayesneuron.forecasting._to_darts import to_darts
from bayesneuron.forecasting._to_pandas import to_pandas

__all__ = ["backtest", "forecast", "to_darts", "to_pandas"]
