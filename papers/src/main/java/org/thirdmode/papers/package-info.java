/**
 * What papers claim, held against what the model does.
 *
 * <p>A paper has a folder of data, {@code claims.yaml}, with each figure as it was published and how sure it is, and a class in
 * {@link org.thirdmode.papers.paper} that runs what reproduces it. {@link org.thirdmode.papers.Papers} knows them all; {@link
 * org.thirdmode.papers.Kind} says when a claim is met; {@link org.thirdmode.papers.Result} is the table, theirs beside ours.
 *
 * <p>Nothing is tuned so that a claim is met. A claim that is not met stays in the table with what explains it, as far as that is
 * known. What was fitted is named as such and proves nothing.
 *
 * <p>Left out: seconds of whole benchmarks and vendors' traces, which a model of counts cannot claim.
 */
package org.thirdmode.papers;
