using System.Collections;
using Aspire.Hosting.ProcessHost;

namespace Aspire.Hosting.LocalRuntime;

/// <summary>What a short-lived program did.</summary>
internal sealed record ToolResult(int ExitCode, IReadOnlyList<OutputLine> Output)
{
    /// <summary>Standard output alone.</summary>
    public string Text => string.Join('\n', Output.Where(line => !line.IsError).Select(line => line.Text)).Trim();

    /// <summary>The last lines of both streams, for an error message.</summary>
    public string Tail => string.Join(" | ", Output.TakeLast(5).Select(line => line.Text.Trim()).Where(line => line.Length > 0));
}

/// <summary>Turns requests into orders for the process host: finds the program, completes the environment, drops root.</summary>
internal sealed class ProcessLauncher(ProcessHostClient host)
{
    /// <exception cref="LaunchFailedException">The program or its working directory is not there, or may not be run.</exception>
    public async Task<ILaunched> LaunchAsync(ProcessRequest request, CancellationToken cancellationToken)
    {
        var environment = CompleteEnvironment(request.Environment);
        if (!Directory.Exists(request.WorkingDirectory))
            throw new LaunchFailedException($"'{request.Name}' could not be started: its working directory '{request.WorkingDirectory}' does not exist.");

        return await host.LaunchAsync(
            new LaunchOrder
            {
                Name = request.Name,
                FileName = Resolve(request, environment),
                Arguments = request.Arguments,
                WorkingDirectory = request.WorkingDirectory,
                Environment = environment,
                UserName = request.DropRoot ? UnixAccount.ForUnprivileged()?.Name : null,
                StopWithInterrupt = request.StopWithInterrupt,
                StandardInput = request.StandardInput,
            },
            request.OnOutput,
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs a program to its end. Its lines are collected and also handed to the request's callback.</summary>
    /// <exception cref="TimeoutException">It ran longer than <paramref name="limit"/> and was ended.</exception>
    /// <exception cref="LaunchFailedException">The program is not there, or may not be run.</exception>
    public async Task<ToolResult> RunToolAsync(ProcessRequest request, TimeSpan limit, TimeProvider clock, CancellationToken cancellationToken)
    {
        var output = new List<OutputLine>();
        var launched = await LaunchAsync(request with { OnOutput = line => { output.Add(line); request.OnOutput(line); } }, cancellationToken).ConfigureAwait(false);
        await using (launched.ConfigureAwait(false))
        {
            try
            {
                return new ToolResult(await launched.Exited.WaitAsync(limit, clock, cancellationToken).ConfigureAwait(false), output);
            }
            catch (TimeoutException)
            {
                throw new TimeoutException($"'{request.Name}' did not finish within {limit.TotalSeconds:0} s.");
            }
        }
    }

    private static Dictionary<string, string> CompleteEnvironment(IReadOnlyDictionary<string, string?> changes)
    {
        var complete = new Dictionary<string, string>(OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
            complete[(string)entry.Key] = (string?)entry.Value ?? "";
        foreach (var (name, value) in changes)
        {
            if (value is null)
                complete.Remove(name);
            else
                complete[name] = value;
        }

        return complete;
    }

    private static string Resolve(ProcessRequest request, Dictionary<string, string> environment)
    {
        var name = request.FileName;
        if (name.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal) || name.Contains(Path.AltDirectorySeparatorChar, StringComparison.Ordinal))
        {
            var full = Path.GetFullPath(name, request.WorkingDirectory);
            return File.Exists(full) ? full : throw new LaunchFailedException($"'{request.Name}' could not be started: there is no program '{full}'.");
        }

        if (name == "dotnet")
            return Executables.Dotnet;
        return Executables.TryFind(name, out var found, environment.GetValueOrDefault("PATH"))
            ? found
            : throw new LaunchFailedException($"'{request.Name}' could not be started: there is no program '{name}' on PATH.");
    }
}
