/** One class a paper: the runs that reproduce its claims. */
package org.thirdmode.papers.paper;
