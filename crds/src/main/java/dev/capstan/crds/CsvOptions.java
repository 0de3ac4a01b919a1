package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.capstan.crds.training.TrainingDefaults;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/**
 * How CSV files are laid out. What is null takes its default, see {@link dev.capstan.crds.training.TrainingDefaults}.
 */
public class CsvOptions extends Block {
    @JsonPropertyDescription(
            "header says whether the first line of each file names the columns and is skipped. Default: "
                    + TrainingDefaults.CSV_HEADER + ".")
    private Boolean header;

    @JsonPropertyDescription(
            "labelColumn is the index of the column that holds the class, which is a whole number from 0. The first column is 0; a negative index counts from the end, and -1 is the last. Default: "
                    + TrainingDefaults.CSV_LABEL_COLUMN + ".")
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

    /** Index of the column with the class, or null. */
    public Integer getLabelColumn() {
        return labelColumn;
    }

    public CsvOptions setLabelColumn(Integer labelColumn) {
        this.labelColumn = labelColumn;
        return this;
    }
}
