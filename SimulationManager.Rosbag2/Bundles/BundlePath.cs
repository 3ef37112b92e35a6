namespace SimulationManager.Rosbag2;

/// <summary>
/// The rule for file paths that come from a bundle: they stay inside it. The same on every operating system, so that a
/// bundle which is refused on Windows is not accepted on Linux.
/// </summary>
public static class BundlePath
{
    private const int MaxLength = 1024;

    /// <summary>True if the path is relative and stays inside the bundle.</summary>
    /// <param name="path">A path from metadata.yaml or an upload, with <c>/</c> as separator.</param>
    public static bool IsSafe(string path) => Problem(path) is null;

    /// <summary>Refuses a path that could leave the bundle.</summary>
    /// <param name="path">A path from metadata.yaml or an upload.</param>
    /// <param name="source">Where the path stands, for the error message.</param>
    /// <exception cref="BagFormatException"><see cref="BagError.UnsafePath"/>.</exception>
    public static void Check(string path, string source)
    {
        if (Problem(path) is { } problem)
        {
            var shown = path.Length <= 80 ? path : string.Concat(path.AsSpan(0, 80), "…");
            throw new BagFormatException(BagError.UnsafePath,
                $"The file path '{shown}' in {source} {problem}. List plain file names of the bundle, as rosbag2 writes them.", source);
        }
    }

    private static string? Problem(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length == 0)
            return "is empty";
        if (path.Length > MaxLength)
            return $"is longer than {MaxLength} characters";
        if (path.Any(char.IsControl))
            return "has a control character in it";
        if (path.Contains('\\', StringComparison.Ordinal))
            return "has a backslash in it";
        if (path[0] is '/' or '~')
            return "is absolute";
        if (path.Contains(':', StringComparison.Ordinal))
            return "has a colon (a drive, a stream or a URI) in it";
        var segments = path.Split('/');
        if (segments.Contains(".."))
            return "leaves the bundle by '..'";
        return segments.Any(segment => segment is "" or ".") ? "has an empty or '.' segment" : null;
    }
}
