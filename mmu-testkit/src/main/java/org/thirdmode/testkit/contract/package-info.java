/**
 * The suite that a strategy gets by one subclass.
 */
package org.thirdmode.testkit.contract;
