"""The words of the glossary: every column of every table."""

# A line per column: name | unit | good values | source; the indented lines below are its meaning.
TEXT = """
# methods: bn.compare(...).methods, one row per estimate
draws | count | – | –
  Draws of all chains together.
rhat_raw | – | – | Vehtari et al. 2021
  Largest rank-normalised R-hat over the weights as drawn, symmetries included; NaN for one chain.
ess_raw | draws | – | Vehtari et al. 2021
  Smallest bulk effective sample size over the weights as drawn.
rhat | – | at most 1.01 | Vehtari et al. 2021
  Largest R-hat over the aligned weights; NaN for one chain.
ess | draws | at least 400 | Vehtari et al. 2021
  Smallest bulk effective sample size over the aligned weights; independent draws count fully.
rhat_function | – | at most 1.01 | Vehtari et al. 2021
  Largest R-hat over predictions at up to 200 places; good where the function is known.
ess_function | draws | at least 400 | Vehtari et al. 2021
  Smallest bulk effective sample size over predictions at up to 200 places.
null_ratio | – | well below 1 | docs/symmetry
  Width of the neurons' posterior against that of aligned prior draws, mean over hidden neurons.
ambiguous | share of draws | at most 0.1 | docs/symmetry
  Draws in which another match of the neuron is less than 3 nats worse, mean over hidden neurons.
elpd_loo | nats | higher is better | Vehtari, Gelman, Gabry 2017
  Expected log predictive density by PSIS-LOO on the training data, summed over observations.
elpd_se | nats | – | Vehtari, Gelman, Gabry 2017
  Standard error of elpd_loo over independent observations.
bad_k | observations | 0 | Vehtari et al. 2024
  Observations whose Pareto k is too large, or whose effective draws are too few, for PSIS-LOO.
elpd_lfo | nats | higher is better | Bürkner, Gabry, Vehtari 2020
  Log predictive density of windows of the later half, each from the rows before it, summed.
lfo_se | nats | – | Bürkner, Gabry, Vehtari 2020
  Standard error of elpd_lfo over windows, as if they were independent.
lfo_rows | windows | – | –
  Windows that are predicted; their targets do not overlap.
lfo_bad_k | windows | 0 | Vehtari et al. 2024
  Windows too far from the last refit for importance weights, predicted from fewer rows.
elpd_diff | nats | 0 is the best | Vehtari, Gelman, Gabry 2017
  elpd less that of the best estimate: elpd_lfo where all have it, else elpd_loo.
diff_se | nats | – | Vehtari, Gelman, Gabry 2017
  Standard error of elpd_diff, row by row; a difference below twice it decides nothing.
refits | – | at most a tenth of the rows | Bürkner, Gabry, Vehtari 2020
  Numbers of first rows from which draws were made anew.
train_rmse | units of the series | lower is better | –
  Root mean square error of the mean prediction on the training data.
train_coverage | share of observations | close to the level | –
  Training values inside their predictive interval.
train_error_rate | share of observations | lower is better | –
  Misclassified training observations.
rmse | units of the series | lower is better | –
  Root mean square error of the mean prediction on held-out data.
coverage | share of observations | close to the level | –
  Held-out values inside their predictive interval (90% by default).
error_rate | share of observations | lower is better | –
  Misclassified held-out observations.
lpd | nats per observation | higher is better | –
  Mean log predictive density on held-out data.
divergences | draws | 0 | Betancourt 2017
  Trajectories of the sampler that diverged.
pareto_k | – | below 0.7 | Vehtari et al. 2024
  Pareto shape of the importance ratios of SVI or Laplace to the posterior; infinite: few carry all.
seconds | s | – | –
  Time that the estimator took, compilation included.
failed | replicates | 0 | –
  Replicates or bags that failed and are left out.

# pairs: bn.compare(...).pairs, one row per neuron and pair of estimates
layer | name | – | –
  Layer of the neuron.
neuron | number | – | –
  Its number in the layer, the same in every function.
first | name | – | –
  One estimate.
second | name | – | –
  The other estimate.
shift | standard deviations | below 1 | Mahalanobis 1936
  Mahalanobis distance between the means under the average covariance.
wasserstein | units of the weights | 0 if equal | Gelbrich 1990
  2-Wasserstein distance between the normal approximations.
log_volume_ratio | – | 0 if equal | –
  Log ratio of the volumes of the regions; positive where the first is wider.
affine_invariant | – | 0 if equal | Förstner, Moonen 1999
  Distance between the covariances that no change of units alters.
overlap | share of draws | close to the level | –
  Mean share of the draws of each estimate inside the region of the other.

# neurons: bn.neurons(...)[layer].table(), one row per neuron
norm | units of the weights | – | –
  Length of the posterior mean.
sd | units of the weights | – | –
  Posterior standard deviation, root mean square over coordinates.
null_ratio | – | well below 1 | docs/symmetry
  Width of the posterior against that of aligned prior draws, per dimension; 1 for no information.
ambiguous | share of draws | at most 0.1 | docs/symmetry
  Draws in which another match of the neuron is less than 3 nats worse.
shrinkage | 0 to 1 | at most 0.2 | Ledoit, Wolf 2004
  Intensity of the shrinkage of the covariance; large where draws are few for the dimension.
hz | – | – | Henze, Zirkler 1990
  Statistic of the Henze–Zirkler test that the draws of the neuron are multivariate normal.
hz_p | probability | above 0.05 if normal | Henze, Zirkler 1990
  p-value of the Henze–Zirkler test, for independent draws; too small for correlated draws.

# relevance: bn.relevance(...).table(), one row per neuron
snr | – | above 1 | Graves 2011
  Signal-to-noise ratio of the outgoing weights: norm of their mean over their standard deviation.
effect | units of the next layer's input | – | docs/structure
  Standard deviation over the data of what the neuron contributes, mean over draws.
share | share of variance | – | docs/structure
  Part of the variance of what the next layer receives; sums to 1, negative for opposing neurons.
share_low | share of variance | – | docs/structure
  5% quantile of the share over draws.
share_high | share of variance | – | docs/structure
  95% quantile of the share over draws.
gross | multiple of the variance | – | docs/structure
  Variance of the neuron's own contribution over the total; above 1 where neurons cancel.
unique | multiple of the variance | – | docs/structure
  Part of gross that is lost when the other neurons take over by least squares.
p_negligible | probability | – | docs/structure
  Posterior probability that both share and gross are negligible (below 0.01).
scale | – | – | docs/structure
  Prior scale of the weights that the neuron sends (root mean square), median over draws.
p_off | probability | – | docs/structure
  Posterior probability that a neuron of this scale would contribute less than 0.01.
removed | nats | 0 if redundant | docs/structure
  Change of the log predictive density without the neuron, its mean moved into the bias.
removed_se | nats | – | docs/structure
  Standard error of removed over independent observations.
taken_over | nats | 0 if redundant | docs/structure
  Change of the log predictive density when the other neurons take over by least squares.
taken_over_se | nats | – | docs/structure
  Standard error of taken_over over independent observations.
verdict | word | – | docs/structure
  dead, constant, off (by its scale), duplicate, irrelevant, redundant (not needed), or live.

# communities: bn.communities(...).table(), one row per neuron
community | label | – | –
  Community of the neuron in the representative partition.
size | neurons | – | –
  Neurons in the community of this one.
stability | -1 to 1 | above 0.5 | docs/structure
  Mean co-membership with the neuron's own community minus the one with the next best.

# reduction: bn.reduce(...).curve, one row per network, after one column for each layer's width
neurons | count | – | –
  Neurons of all hidden layers.
parameters | count | – | –
  Weights of the network.
elpd | nats | higher is better | Vehtari, Gelman, Gabry 2017
  Expected log predictive density, held-out or by PSIS-LOO, summed over observations.
se | nats | – | –
  Standard error of elpd over independent observations.
loss | nats | within loss_se, or 2 | docs/reduction
  elpd below that of the best network.
loss_se | nats | – | docs/reduction
  Standard error of the loss, from differences by observation.
bad_k | observations | 0 | Vehtari et al. 2024
  Observations whose leave-one-out density is not reliable.
rhat | – | at most 1.05 | Vehtari et al. 2021
  Largest R-hat of predictions, by the own posterior, or else by the full network's draws.
own | yes or no | – | docs/reduction
  Whether the row is of draws of the network's own posterior.
merged | nats | higher is better | docs/reduction
  elpd of the merged draws.
merged_bad_k | observations | 0 | Vehtari et al. 2024
  Observations whose leave-one-out density by the merged draws is not reliable.
error | units of the series, or share | lower is better | –
  Root mean square error of the mean prediction, or share of wrong classes.
error_each | units of the series, or share | lower is better | –
  Error of single draws, mean over draws.
error_sd | units of the series, or share | – | –
  Standard deviation over draws of the error of single draws.
chosen | yes or no | – | docs/reduction
  The smallest network within one standard error, or 2 nats, of the best.

# modes: bn.modes(...).table(), one row per mode
chains | count | – | –
  Chains that visited the mode.
draws | count | – | –
  Draws in the mode.
lp | nats | – | –
  Mean log density of the draws in the mode.
elpd | nats | higher is better | Vehtari, Gelman, Gabry 2017
  Expected log predictive density of the mode by PSIS-LOO.
stacking | weight | – | Yao, Vehtari, Gelman 2022
  Weight in the mixture of modes that predicts left-out observations best; sums to 1.
mass | share of the posterior | – | Meng, Wong 1996; Gronau et al. 2017
  Share of the posterior in the mode by bridge sampling; NaN where it is not reliable.
mass_error | relative | at most 0.3 | docs/modes
  Relative error of the mode's integral, from repeated halves of its draws.
share | share of draws | – | docs/modes
  Share of the draws; NaN where no chain visited two modes.
rhat | – | at most 1.01 | Vehtari et al. 2021
  Largest R-hat over the aligned weights within the mode.
ess | draws | at least 400 | Vehtari et al. 2021
  Smallest bulk effective sample size over the aligned weights within the mode.
rhat_function | – | at most 1.01 | Vehtari et al. 2021
  Largest R-hat over predictions within the mode.
ess_function | draws | at least 400 | Vehtari et al. 2021
  Smallest bulk effective sample size over predictions within the mode.
stuck | yes or no | no | docs/modes
  Chains that hardly move: under ten effective draws of their predictions.

# mixture: bn.modes(...).mixture(layer).table(), one row per neuron
norm | units of the weights | – | –
  Length of the mean over modes.
sd_within | units of the weights | – | docs/modes
  Standard deviation within modes, root mean square over coordinates.
sd_between | units of the weights | – | docs/modes
  Standard deviation of the means of the modes.
share_between | share of variance | below 0.5 | docs/modes
  Variance between modes over the total; where large, the mean lies where no network is.

# diagnosis: bn.diagnose(...).table(), one row per finding
cause | word | – | docs/modes
  What is wrong, one of nineteen causes.
serious | yes or no | no | docs/modes
  Whether numbers about these neurons should not be reported as they stand.
neurons | names | – | –
  Neurons affected; empty for the whole network.
evidence | words | – | –
  The number behind the finding.
advice | words | – | –
  What to do next.

# calibration: bn.calibrate(...), one row per quantity of each simulated data set
set | number | – | –
  Data set.
kind | word | – | docs/calibration
  neuron, output, joint or invariant.
part | name | – | –
  Layer, or name of the quantity.
neuron | number | – | –
  Number of the neuron in its layer.
rank | 0 to 1 | uniform over data sets | Talts et al. 2018; Lemos et al. 2023
  Share of the draws below the truth: in distance for neurons and joint, else in value.
inside | 0 or 1 | – | docs/calibration
  Whether the region holds the true neuron.
normal | 0 or 1 | – | docs/calibration
  Whether the χ² region, that of a normal neuron, holds the true neuron.
margin | nats | above 3 | docs/symmetry
  By how much the match of the truth beats the next best.

# coverage: bn.calibration.coverage(...), one row per group
sets | count | – | –
  Data sets.
coverage | share of neurons | 0.9 within low to high | docs/calibration
  True neurons inside their region.
low | share of neurons | below the level | Korn, Graubard 1998
  Lower end of the 95% interval of coverage, clustered by data set.
high | share of neurons | above the level | Korn, Graubard 1998
  Upper end of the 95% interval of coverage, clustered by data set.
normal | share of neurons | 0.9 within its interval | docs/calibration
  True neurons inside the χ² region of a normal neuron.
normal_low | share of neurons | below the level | Korn, Graubard 1998
  Lower end of the 95% interval of normal, clustered by data set.
normal_high | share of neurons | above the level | Korn, Graubard 1998
  Upper end of the 95% interval of normal, clustered by data set.
p_uniform | probability | above 0.05 | Kolmogorov, Smirnov
  p-value of the test that ranks are uniform, one neuron per data set.

# ssa: bn.ssa(...).errors(), one row per number of components
components | count | – | –
  Leading components kept.
rmse | units of the series | – | –
  Root mean square error of the reconstruction.
test_rmse | units of the series | – | –
  Root mean square error of another series projected on the same patterns.
"""
