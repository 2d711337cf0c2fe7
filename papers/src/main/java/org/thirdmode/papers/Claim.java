package org.thirdmode.papers;

import org.thirdmode.cost.Certainty;

/**
 * A figure that a paper states.
 *
 * @param id by which its run answers
 * @param what it is of
 * @param value as published
 * @param unit of the value, and of ours
 * @param group the claims that it is compared with, for {@link Kind#SHAPE}; empty otherwise
 * @param why what explains a difference, or that it is not run; empty where nothing does
 */
public record Claim(
        String id, String what, double value, String unit, Certainty certainty, Kind kind, String group, String why) {}
