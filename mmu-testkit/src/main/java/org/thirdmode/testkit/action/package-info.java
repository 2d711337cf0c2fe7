/**
 * What guests and hosts do, one record a deed; printed, each is a line of a story.
 */
package org.thirdmode.testkit.action;
