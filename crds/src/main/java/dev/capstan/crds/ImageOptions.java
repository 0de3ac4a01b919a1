package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;

/** How images are brought to one size. */
public class ImageOptions extends Block {
    public static final int DEFAULT_CHANNELS = 1;

    @JsonPropertyDescription("height is the height in pixels that every image is scaled to.")
    @Required
    @Min(1)
    @Max(4096)
    private Integer height;

    @JsonPropertyDescription("width is the width in pixels that every image is scaled to.")
    @Required
    @Min(1)
    @Max(4096)
    private Integer width;

    @JsonPropertyDescription(
            "channels is the number of numbers for each pixel: 1 for grey, 3 for red, green and blue. Default: "
                    + DEFAULT_CHANNELS + ".")
    @Min(1)
    @Max(3)
    @ValidationRule(
            value = "self != 2",
            message = "channels must be 1, which is grey, or 3, which is red, green and blue")
    private Integer channels;

    /** Height in pixels. */
    public Integer getHeight() {
        return height;
    }

    public ImageOptions setHeight(Integer height) {
        this.height = height;
        return this;
    }

    /** Width in pixels. */
    public Integer getWidth() {
        return width;
    }

    public ImageOptions setWidth(Integer width) {
        this.width = width;
        return this;
    }

    /** Numbers for each pixel, or null. */
    public Integer getChannels() {
        return channels;
    }

    public ImageOptions setChannels(Integer channels) {
        this.channels = channels;
        return this;
    }

    /** Numbers for each pixel, 1 or 3. */
    public int channels() {
        return channels == null ? DEFAULT_CHANNELS : channels;
    }
}
