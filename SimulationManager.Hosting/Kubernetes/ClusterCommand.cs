using SimulationManager.Hosting.Kubernetes.Secrets;

namespace SimulationManager.Hosting.Kubernetes;

/// <summary>The AppHost's commands for Kubernetes, which do not start the application: <c>generate</c>, <c>secrets</c>, <c>sbom</c>.</summary>
public static class ClusterCommand
{
    /// <summary>Whether the arguments are such a command.</summary>
    public static bool Handles(string[] args) => args is [GenerateCommand.Verb or SecretsCommand.Verb or SbomCommand.Verb, ..];

    /// <summary>Runs the command.</summary>
    /// <returns>The exit code.</returns>
    public static Task<int> RunAsync(string[] args, CancellationToken cancellationToken = default) => args[0] switch
    {
        GenerateCommand.Verb => GenerateCommand.RunAsync(args, cancellationToken),
        SecretsCommand.Verb => SecretsCommand.RunAsync(args, cancellationToken),
        _ => SbomCommand.RunAsync(args, cancellationToken),
    };
}
