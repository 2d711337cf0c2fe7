/**
 * The command line. Read {@link org.thirdmode.cli.Thirdmode} first, then {@link org.thirdmode.cli.RunCommand}.
 *
 * <p>A command turns words into a {@link org.thirdmode.cli.BareRun}, hands it to a {@link org.thirdmode.cli.Bare} and
 * turns the {@link org.thirdmode.cli.Report} into an exit status, a table and a file. Standard output carries what the
 * guest writes to its serial port and nothing else; all the rest goes to standard error. A mistake of the user is a
 * {@link org.thirdmode.cli.UserError}: one line that names the thing, the value and the remedy.
 */
package org.thirdmode.cli;
