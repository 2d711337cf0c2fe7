/**
 * From what a real host tells to a profile: {@link org.thirdmode.cost.calibrate.Calibration}. Three formats are known, each in a
 * class of its own; what a format does not tell is as in a profile that it begins with.
 */
package org.thirdmode.cost.calibrate;
