"""Backtests and replays."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from console.ui import backtest_pages, backtest_result_pages, replay_pages

pages: list[URLPattern | URLResolver] = [
    path("backtests/", backtest_pages.index, name="backtests"),
    path("backtests/new/", backtest_pages.new, name="backtest_new"),
    path("backtests/try", backtest_pages.attempt, name="backtest_try"),
    path("backtests/compare/", backtest_result_pages.compare, name="backtests_compare"),
    path("backtests/replay/", replay_pages.index, name="replays"),
    path("backtests/replay/<uuid:replay_id>/", replay_pages.show, name="replay"),
    path("backtests/replay/<uuid:replay_id>/live", replay_pages.live, name="replay_live"),
    path("backtests/replay/<uuid:replay_id>/cancel", replay_pages.cancel, name="replay_cancel"),
    path("backtests/<uuid:backtest_id>/", backtest_result_pages.show, name="backtest"),
    path("backtests/<uuid:backtest_id>/live", backtest_result_pages.live, name="backtest_live"),
    path("backtests/<uuid:backtest_id>/cancel", backtest_result_pages.cancel, name="backtest_cancel"),
    path("backtests/<uuid:backtest_id>/again", backtest_result_pages.again, name="backtest_again"),
]
