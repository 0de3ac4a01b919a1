package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/** How CSV files are laid out. */
public class CsvOptions extends Block {
    public static final boolean DEFAULT_HEADER = false;
    public static final int DEFAULT_LABEL_COLUMN = -1;

    @JsonPropertyDescription(
            "header says whether the first line of each file names the columns and is skipped. Default: "
                    + DEFAULT_HEADER + ".")
    private Boolean header;

    @JsonPropertyDescription(
            "labelColumn is the index of the column that holds the class, which is a whole number from 0. The first column is 0; a negative index counts from the end, and -1 is the last. Default: "
                    + DEFAULT_LABEL_COLUMN + ".")
    @Min(-65536)
    @Max(65535)
    private Integer labelColumn;

    /** Whether the first line names the columns, or null. */
    public Boolean getHeader() {
        return header;
    }

    public CsvOptions setHeader(Boolean header) {
        this.header = header;
        return this;
    }

    /** Whether the first line names the columns. */
    public boolean header() {
        return header == null ? DEFAULT_HEADER : header;
    }

    /** Index of the column with the class, or null. */
    public Integer getLabelColumn() {
        return labelColumn;
    }

    public CsvOptions setLabelColumn(Integer labelColumn) {
        this.labelColumn = labelColumn;
        return this;
    }

    /** Index of the column with the class, negative from the end. */
    public int labelColumn() {
        return labelColumn == null ? DEFAULT_LABEL_COLUMN : labelColumn;
    }
}
