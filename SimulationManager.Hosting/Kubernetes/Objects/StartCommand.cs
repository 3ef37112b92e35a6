using System.Text.RegularExpressions;

namespace SimulationManager.Hosting.Kubernetes.Objects;

/// <summary>
/// A container's arguments. Where the manifest starts the server through a shell, the server takes the shell's place: a shell that stays the first
/// process ignores SIGTERM, so the server would be killed at the end of the grace period and lose what it had not saved.
/// </summary>
internal static partial class StartCommand
{
    private static readonly string[] _shells = ["sh", "bash", "ash", "dash"];

    /// <summary>The arguments with those that the settings add.</summary>
    /// <exception cref="GenerationException">A shell runs more than one command.</exception>
    public static List<string> Arguments(string workload, string? entrypoint, IEnumerable<string> given, IReadOnlyList<string> added)
    {
        List<string> arguments = [.. given];
        if (entrypoint is null || !_shells.Contains(Path.GetFileName(entrypoint)) || arguments is not ["-c", var script]) return [.. arguments, .. added];
        var isReplacing = script.StartsWith("exec ", StringComparison.Ordinal);
        if (!isReplacing && !OneCommand().IsMatch(script))
            throw new GenerationException($"'{workload}' starts with '{entrypoint} -c \"{script}\"': the shell stays the first process and the server never gets SIGTERM. Let it end with 'exec SERVER', or give WorkloadSettings.Arguments.");
        return ["-c", string.Join(' ', [isReplacing ? script : $"exec {script}", .. added.Select(Quote)])];
    }

    private static string Quote(string argument) => Word().IsMatch(argument) ? argument : $"'{argument.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    /// <summary>A program and its arguments: no separator, redirection, substitution or assignment.</summary>
    [GeneratedRegex(@"^[A-Za-z0-9_./-]+( [^;&|<>()`\n]+)?$")]
    private static partial Regex OneCommand();

    [GeneratedRegex("^[A-Za-z0-9_./:=-]+$")]
    private static partial Regex Word();
}
