namespace SimulationManager.Hosting.LocalServers;

/// <summary>The commands that the orchestrator gives to containers, for a server that is a process.</summary>
internal static class LocalServerCommands
{
    public static void AddCommands(this ResourceAnnotationCollection annotations, LocalServer server)
    {
        annotations.Add(Command(KnownResourceCommands.StartCommand, "Start", "Play", server.StartAsync, isForRunning: false));
        annotations.Add(Command(KnownResourceCommands.StopCommand, "Stop", "Stop", server.StopAsync, isForRunning: true));
        annotations.Add(Command(KnownResourceCommands.RestartCommand, "Restart", "ArrowCounterclockwise", RestartAsync, isForRunning: true));

        async Task<ExecuteCommandResult> RestartAsync(CancellationToken cancellationToken)
        {
            var stopped = await server.StopAsync(cancellationToken).ConfigureAwait(false);
            return stopped.Success ? await server.StartAsync(cancellationToken).ConfigureAwait(false) : stopped;
        }
    }

    private static ResourceCommandAnnotation Command(string name, string title, string icon, Func<CancellationToken, Task<ExecuteCommandResult>> execute, bool isForRunning) => new(
        name,
        title,
        context => IsRunning(context.ResourceSnapshot) == isForRunning ? ResourceCommandState.Enabled : ResourceCommandState.Hidden,
        context => execute(context.CancellationToken),
        displayDescription: $"{title} the server",
        parameter: null,
        confirmationMessage: null,
        icon,
        isForRunning && name != KnownResourceCommands.StopCommand ? IconVariant.Regular : IconVariant.Filled,
        isHighlighted: name != KnownResourceCommands.RestartCommand);

    private static bool IsRunning(CustomResourceSnapshot snapshot) => snapshot.State?.Text == KnownResourceStates.Running;
}
