/**
 * Data files that people write: YAML read strictly. Every key must be known, every value of its kind, and a mistake is told in
 * one line with the file, the line, the column and what would be valid.
 *
 * <p>Read {@link org.thirdmode.cost.data.DataFile}, then {@link org.thirdmode.cost.data.Mapping}. Anchors, aliases and tags of
 * YAML are refused: a data file needs none.
 */
package org.thirdmode.cost.data;
