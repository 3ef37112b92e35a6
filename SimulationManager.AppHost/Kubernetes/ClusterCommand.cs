namespace SimulationManager.AppHost.Kubernetes;

/// <summary>The AppHost's commands for Kubernetes, which do not start the application.</summary>
public static class ClusterCommand
{
    /// <summary>Whether the arguments are such a command.</summary>
    public static bool Handles(string[] args) => args is [GenerateCommand.Verb, ..];

    /// <summary>Runs the command.</summary>
    /// <returns>The exit code.</returns>
    public static Task<int> RunAsync(string[] args, CancellationToken cancellationToken = default) => GenerateCommand.RunAsync(args, cancellationToken);
}
