"""The words of the glossary: columns of the tables of regions, similarities, data and networks."""

# A line per column, as in `columns`.
TEXT = """
# regions: bn.neurons(...)[layer].region(level).table(), one row per neuron
norm | units of the weights | – | –
  Length of the centre of the region.
radius | standard deviations | – | docs/methods
  Mahalanobis distance from the centre to the boundary; inf where draws are too few for the level.
longest | units of the weights | – | –
  Longest half-axis of the ellipsoid.
shortest | units of the weights | – | –
  Shortest half-axis of the ellipsoid.
log_volume | – | – | –
  Log of the volume of the region.

# identified: bn.identified(...)[layer].table(), one row per neuron
identified | share of tr D_i | – | docs/structure
  Part of the posterior variance that moves predictions even if all other weights compensate.
compensable | share of tr D_i | – | docs/structure
  Part that moves predictions only as long as the other weights stay as they are.
free | share of tr D_i | – | docs/structure
  Part along directions of which the data say less than the prior, the other weights fixed.
flat | share of tr D_i | – | docs/structure
  Part of free along which the outputs over the data do not change at all.
directions | effective number | close to the number of weights | MacKay 1992
  Directions of the neuron that the data determine, the other weights free to compensate.
directions_fixed | effective number | close to the number of weights | MacKay 1992
  Directions of the neuron that the data determine, the other weights fixed.
free_along | weights | – | docs/structure
  The widest free direction: its largest components, in prior standard deviations.
trades_with | name | – | docs/structure
  The neuron of the layer that undoes most of what this one does.
traded | share | – | docs/structure
  Its share of the directions that others can compensate.

# trades: bn.identified(...)[layer].trades(), one row per pair of neurons
neuron | name | – | –
  The neuron that moves.
other | name | – | –
  The neuron that undoes it.
directions | effective number | – | docs/structure
  Compensable directions of the neuron that the other one undoes.
share | share | – | docs/structure
  Their part of all its compensable directions.

# similarity: bn.similarity, one row per pair of neurons, the strongest first
first | number | – | –
  One neuron of the pair.
second | number | – | –
  The other neuron.
correlation | -1 to 1 | – | docs/structure
  Similarity of the two neurons, by the measure that the headline names.
sd | – | – | docs/structure
  Standard deviation of the correlation over draws, or its standard error; NaN where unknown.
p_value | probability | – | docs/structure
  p-value of the test that the correlation is zero.

# evidence: bn.neuron_evidence(...).table(), one row per neuron
savage_dickey | nats | – | Dickey 1971
  Log Bayes factor of the network in which the neuron sends nothing; positive for removal.
probability | – | – | –
  Posterior probability of that network, where both were equally probable before.
effective | draws | well above 1 | Kish 1965
  Draws behind the log Bayes factor; near 1 its sign is safe, its size is not.
size | prior standard deviations | – | –
  Root mean square of the outgoing weights.

# clusterability: bn.clusterability(...).table(), one row per draw
ncut | – | low | Filan et al. 2021
  Normalised cut of the partition of the network's weight graph by spectral clustering.
null_mean | – | – | Filan et al. 2021
  Mean n-cut of networks whose weights are shuffled within each layer.
null_sd | – | – | Filan et al. 2021
  Standard deviation of these n-cuts.
z | standard deviations | well below 0 | Filan et al. 2021
  Distance of the n-cut from their mean.
p_value | – | small | Filan et al. 2021
  Share of n-cuts at most as large, that of the network itself among them.

# removal: bn.relevance(...).removed or .taken_over, one row per neuron
elpd | nats | 0 if redundant | docs/structure
  Change of the expected log predictive density without the neuron.
se | nats | – | –
  Standard error of elpd over independent observations.
change | nats | – | docs/structure
  Expected change of the log density of all observations, mean over draws.

# partition modes: bn.partitions.partition_modes(...), one row per mode
community | label | – | –
  Community in the typical partition of the mode.
size | neurons | – | –
  Neurons in the community.
neurons | numbers | – | –
  The neurons of the community.

# credible ball: bn.partitions.credible_ball(...), one row per bound
partitions | count | – | Wade, Ghahramani 2018
  Partitions on the bound.
fewest | communities | – | –
  Smallest number of communities among them.
most | communities | – | –
  Largest number of communities among them.

# clusters: bn.partitions.wasserstein_kmeans(...), one row per cluster
size | neurons | – | –
  Neurons in the cluster.
norm | units of the weights | – | –
  Length of the mean of the centre.
sd | units of the weights | – | –
  Square root of the trace of the covariance of the centre.

# spectrum: bn.ssa(...).table() and bn.inputs.PCA(...).table(), one row per component
singular_value | units of the series | – | Golyandina, Zhigljavsky 2013
  Singular value of the trajectory matrix.
variance | squared units of the input | – | –
  Variance of the input along the component.
share | share of variance | – | –
  Part of the variance that the component carries.
cumulative | share of variance | – | –
  Part of the variance that the components up to this one carry.

# embedding: bn.embedding(...).table(), one row per width of windows
false_neighbours | share of neighbours | 0.01 or less | Kennel, Brown, Abarbanel 1992
  Nearest neighbours that part when windows get one entry longer.
e1 | – | close to 1, and settled | Cao 1997
  Mean growth of the distance to the nearest neighbour, from this width on over that before.
e2 | – | away from 1 at some width | Cao 1997
  The same of the distance of new samples; 1 at every width for independent samples.
e2_noise | – | – | docs/trajectory
  Mean of e2 over Gaussian series of the same autocorrelation; NaN without them.

# delays: bn.embedding(...).delay_table(), one row per delay
information | nats | – | Kraskov, Stögbauer, Grassberger 2004
  Average mutual information of samples so far apart.
autocorrelation | – | – | –
  Correlation of samples so far apart.

# points: bn.point_normality(...).table(), one row per phase, or .beside(neurons), per neuron too
points | count | – | –
  Points, or draws, tested.
hz | – | – | Henze, Zirkler 1990
  Statistic of the Henze–Zirkler test.
hz_p | probability | above 0.05 if normal | docs/trajectory
  Its p-value, among Gaussian series of the same memory; of neurons, among independent draws.
skewness | – | small | Mardia 1970
  Mardia's multivariate skewness.
skewness_p | probability | above 0.05 if normal | docs/trajectory
  Its p-value, likewise.
kurtosis | – | d (d + 2) if normal, of d directions | Mardia 1970
  Mardia's multivariate kurtosis.
kurtosis_p | probability | above 0.05 if normal | docs/trajectory
  Its two-sided p-value, likewise.

# scaling: bn.results.Scaling.of(...).table(), one row per channel
center | units of the series | – | –
  What was subtracted.
scale | units of the series | – | –
  What was divided by.

# network: the table of a reduced network, one row per layer
neurons | count | – | –
  Neurons of the layer.
parameters | count | – | –
  Weights and biases that the layer receives.

# layout: model.layout.table(), one row per site
axes | names | – | docs/own
  Layer along each axis of the site.
receiver | name | – | docs/own
  Layer whose neurons the site feeds.
holds | word | – | docs/own
  weights, bias, scale (of a neuron's prior), or auxiliary: a free matrix behind the weights.

# task: what a method of reduction receives, one number per row
number | count | – | –
  Draws, neurons, observations, and weights of a neuron.

# backtest: bn.backtest(...).table(), one row per forecaster; over all steps, origins and channels
rmse | units of the series | lower is better | –
  Root mean square error.
rmse_se | units of the series | – | Diebold and Mariano 1995
  Standard error of rmse, with allowance for origins whose forecasts overlap; NaN for too few.
mae | units of the series | lower is better | –
  Mean absolute error.
mase | – | below 1 | Hyndman and Koehler 2006
  mae against that of (seasonal) persistence one step ahead within the first training part.
skill | share | above 0 | –
  Share of persistence's rmse that is saved; negative where persistence is better.
crps | units of the series | lower is better | Zamo and Naveau 2018
  Continuous ranked probability score, mean; the absolute error of a forecast without spread.
log_score | nats | lower is better | –
  Minus the log density of a normal with the forecast's mean and standard deviation, mean.
coverage_50 | share of observations | close to 0.5 | –
  Observed values within the 50% band.
coverage_90 | share of observations | close to 0.9 | –
  Observed values within the 90% band.
width_90 | units of the series | small, at honest coverage | –
  Width of the 90% band, mean.
dm | – | – | Harvey, Leybourne, Newbold 1997
  Diebold-Mariano statistic of squared errors; positive where the network is better.
dm_p | – | – | Harvey, Leybourne, Newbold 1997
  Two-sided p value of dm; NaN for the network itself and for too few origins.

# selection: bn.inputs.qpfs_inputs(...).table(), one row per input
weight | share | – | Rodriguez-Lujan et al. 2010
  Weight of the input in the quadratic programme; the weights sum to one.
chosen | yes or no | – | –
  Whether the input is kept.

# autoencoder: bn.inputs.autoencoder(...).table(), one row per layer
part | word | – | –
  encoder or decoder.
units | count | – | –
  Units of the layer.
parameters | count | – | –
  Weights and biases of the layer.
activation | name | – | –
  Activation of the layer.
"""
