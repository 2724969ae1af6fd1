// SPDX-License-Identifier: GPL-2.0-only
// A page with the dashboard, as Perses shows it.  picture.py sets the dashboard, the address
// of Prometheus (PROMETHEUS), and how far back the panels go (PAST).
import React from "react";
import { createRoot } from "react-dom/client";
import { CssBaseline, ThemeProvider } from "@mui/material";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { ChartsProvider, SnackbarProvider, generateChartsTheme, getTheme } from "@perses-dev/components";
import { PluginRegistry, RouterProvider, TimeRangeProvider, dynamicImportPluginLoader } from "@perses-dev/plugin-system";
import { Dashboard, DashboardProvider, DatasourceStoreProvider, VariableProvider } from "@perses-dev/dashboards";
import * as prometheus from "@perses-dev/prometheus-plugin";
import * as stat from "@perses-dev/stat-chart-plugin";
import * as timeseries from "@perses-dev/timeseries-chart-plugin";
import dashboard from "dashboard";

const plugins = dynamicImportPluginLoader([prometheus, stat, timeseries].map((plugin) => ({
	resource: plugin.getPluginModule(),
	importPlugin: () => Promise.resolve(plugin),
})));
const source = {
	kind: "GlobalDatasource",
	metadata: { name: "prometheus" },
	spec: {
		default: true,
		plugin: { kind: "PrometheusDatasource", spec: { directUrl: PROMETHEUS, scrapeInterval: "5s" } },
	},
};
const sources = {
	getDatasource: () => Promise.resolve(undefined),
	getGlobalDatasource: () => Promise.resolve(source),
	listDatasources: () => Promise.resolve([]),
	listGlobalDatasources: () => Promise.resolve([source]),
};
const theme = getTheme("light");
const inside = [
	[RouterProvider, { RouterComponent: (props) => <a {...props} />, navigate: () => {} }],
	[ThemeProvider, { theme }],
	[ChartsProvider, { chartsTheme: generateChartsTheme(theme, {}) }],
	[SnackbarProvider, {}],
	[PluginRegistry, { pluginLoader: plugins, defaultPluginKinds: {
		Panel: "TimeSeriesChart", TimeSeriesQuery: "PrometheusTimeSeriesQuery" } }],
	[QueryClientProvider, { client: new QueryClient() }],
	[DatasourceStoreProvider, { dashboardResource: dashboard, datasourceApi: sources }],
	[TimeRangeProvider, { timeRange: { pastDuration: PAST }, refreshInterval: "0s" }],
	[VariableProvider, { initialVariableDefinitions: dashboard.spec.variables }],
	[DashboardProvider, { initialState: { dashboardResource: dashboard } }],
];
createRoot(document.getElementById("page")).render(inside.reduceRight(
	(child, [Provider, props]) => <Provider {...props}>{child}</Provider>,
	<><CssBaseline /><Dashboard /></>));
