/**
 * Somebody at the machine while it runs, behind one port, {@link org.thirdmode.cli.operator.Operator}: nobody, the lines of a
 * file, or the user's terminal. {@link org.thirdmode.cli.operator.ScreenPicture} is what the machine shows.
 */
package org.thirdmode.cli.operator;
