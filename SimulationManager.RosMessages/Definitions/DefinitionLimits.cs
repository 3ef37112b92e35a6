namespace SimulationManager.RosMessages;

/// <summary>
/// What a definition may cost. Definitions come out of uploaded files; the largest seen in real bags are far below (about
/// 100 KB of text, 50 types, 8 levels).
/// </summary>
internal static class DefinitionLimits
{
    public const int MaxTextLength = 4 * 1024 * 1024;
    public const int MaxTypes = 2_000;
    public const int MaxFields = 10_000;
    public const int MaxNameLength = 255;
    public const int MaxDepth = 64;

    /// <summary>Least bytes of a message: fixed arrays are allocated before they are filled.</summary>
    public const int MaxFixedBytes = 64 * 1024 * 1024;

    /// <summary>Steps of a flattened layout: nested types are inlined, so that their number can grow exponentially.</summary>
    public const int MaxSteps = 20_000;

    public static RosMessageException TooLarge(string what) => new(RosMessageError.DefinitionTooLarge, what);
}
