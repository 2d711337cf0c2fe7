package org.thirdmode.papers;

import java.util.OptionalDouble;

/**
 * A claim beside what the model does.
 *
 * @param ours in the claim's unit; empty where it was not run
 */
public record Row(Claim claim, OptionalDouble ours, Verdict verdict) {}
