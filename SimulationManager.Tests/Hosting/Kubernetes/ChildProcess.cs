using System.Diagnostics;

namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>A command that ended.</summary>
internal sealed record Finished(int ExitCode, string Output, string Errors);

/// <summary>Runs a command to its end.</summary>
internal static class ChildProcess
{
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(2);

    public static Task<Finished> RunAsync(string command, params string[] arguments) => RunAsync(command, arguments, environment: null);

    public static async Task<Finished> RunAsync(string command, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment, string? input = null, string? workingFolder = null)
    {
        var start = new ProcessStartInfo(command)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = workingFolder ?? Repository.Root,
        };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(_limit);
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var errors = process.StandardError.ReadToEndAsync(limit.Token);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{command} {string.Join(' ', start.ArgumentList)} did not end within {_limit}.");
        }

        return new Finished(process.ExitCode, await output, await errors);
    }

    public static bool IsOnPath(string command) => PathOf(command) is not null;

    /// <summary>Where a command is; null when it is in no folder of PATH.</summary>
    public static string? PathOf(string command) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, command)).FirstOrDefault(File.Exists);
}
