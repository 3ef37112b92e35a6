using SimulationManager.Hosting.Kubernetes.Secrets;

namespace SimulationManager.Hosting.Kubernetes;

/// <summary>
/// Short forms of the pipeline's steps for clusters: <c>generate</c>, <c>secrets</c> and <c>sbom</c> as the AppHost's first argument. Each is
/// Aspire's <c>--operation publish --step …</c> with its options as configuration, and prints nothing but the step's own lines.
/// </summary>
public static class ClusterCommand
{
    private static readonly Dictionary<string, Command> _commands = new()
    {
        ["generate"] = new(ManifestsStep.Name, new()
        {
            ["--manifest"] = "Kubernetes:Manifest=",
            ["--output"] = "Pipeline:OutputPath=",
            ["--version"] = "Kubernetes:Version=",
            ["--environments"] = "Kubernetes:Environments=",
            ["--check"] = "Kubernetes:Check=true",
        }),
        ["secrets"] = new(SecretsStep.Name, new()
        {
            ["--file"] = "Kubernetes:Secrets:File=",
            ["--overlay"] = "Kubernetes:Secrets:Overlay=",
            ["--set"] = "Kubernetes:Secrets:Set=",
            ["--show"] = "Kubernetes:Secrets:Show=true",
        }),
        ["sbom"] = new(SbomStep.Name, new()
        {
            ["--published"] = "Kubernetes:Sbom:Published=",
            ["--output"] = "Pipeline:OutputPath=",
        }),
    };

    /// <summary>The arguments that mean the same to Aspire. Options that the command does not know end the process with what it knows.</summary>
    /// <param name="args">Arguments of the AppHost.</param>
    public static string[] Translate(string[] args)
    {
        if (args is not [var name, .. var options] || !_commands.TryGetValue(name, out var command)) return args;
        try
        {
            return ["--operation", "publish", "--step", command.Step, "--Logging:Console:LogLevel:Default=None", .. Settings(command, options)];
        }
        catch (GenerationException exception)
        {
            Console.Error.WriteLine($"{name}: {exception.Message}");
            Environment.Exit(1);
            throw;
        }
    }

    private static IEnumerable<string> Settings(Command command, string[] options)
    {
        var rest = new Queue<string>(options);
        while (rest.TryDequeue(out var option))
        {
            if (!command.Options.TryGetValue(option, out var setting)) throw new GenerationException($"'{option}' is not understood. Known are {string.Join(", ", command.Options.Keys)}.");
            if (setting.EndsWith("=true", StringComparison.Ordinal)) yield return $"--{setting}";
            else if (!rest.TryDequeue(out var value)) throw new GenerationException($"'{option}' lacks its value.");
            else yield return $"--{setting}{value}";
        }
    }

    /// <param name="Step">The pipeline's step.</param>
    /// <param name="Options">The setting of each option, up to where its value begins.</param>
    private sealed record Command(string Step, Dictionary<string, string> Options);
}
