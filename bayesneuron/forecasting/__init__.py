"""From a series to its continuation, beside the references that it has to beat."""

from bayesneuron.forecasting._backtest import backtest
from bayesneuron.forecasting._forecast import forecast

__all__ = ["backtest", "forecast"]
