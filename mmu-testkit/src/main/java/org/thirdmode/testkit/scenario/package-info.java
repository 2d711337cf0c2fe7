/**
 * A guest's life as a value, and how it is run.
 */
package org.thirdmode.testkit.scenario;
