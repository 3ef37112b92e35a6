namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>What a tool of <see cref="FakeCluster"/> says and does.</summary>
internal sealed record ToolAnswer(string Output = "", string Errors = "", int ExitCode = 0)
{
    /// <summary>A shell's command that the tool becomes after it has said this.</summary>
    public string? Command { get; init; }

    /// <summary>As a shell's commands.</summary>
    public string Script => $"printf %s {Quoted(Output)}\nprintf %s {Quoted(Errors)} >&2\n{(Command is null ? $"exit {ExitCode}" : $"exec {Command}")}";

    public static ToolAnswer Lines(params IEnumerable<string> lines) => new(string.Concat(lines.Select(line => line + "\n")));

    public static ToolAnswer Error(string line, int exitCode = 1) => new(Errors: line + "\n", ExitCode: exitCode);

    public static string Words(params IEnumerable<string> words) => string.Join(' ', words.Select(Quoted));

    /// <summary>The words of an API server, or of another part of a cluster, with the names in capitals replaced.</summary>
    public static string Of(string file, params IEnumerable<(string Name, string Value)> names) => names.Aggregate(
        File.ReadAllText(Path.Combine(FakeCluster.Tools, "answers", file)).TrimEnd('\n'), (text, name) => text.Replace(name.Name, name.Value, StringComparison.Ordinal));

    private static string Quoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
