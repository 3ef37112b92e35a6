namespace SimulationManager.RosMessages;

/// <summary>How JSON holds values that its readers treat differently. docs/messages.md has the table.</summary>
public enum JsonForm
{
    /// <summary>Text where a reader with 64-bit floating point would change a number, or has none: the same message can be made of it again.</summary>
    Exact,

    /// <summary>
    /// As rosbridge servers read messages: every number is one, infinities as <c>1e999</c> and <c>-1e999</c>, and what is not a number as <c>NaN</c>, which is not
    /// JSON but what Python reads and writes. Arrays of <c>byte</c>, and bounded ones of bytes, are arrays of numbers.
    /// </summary>
    Rosbridge,
}
