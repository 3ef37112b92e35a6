using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.Orchestration;

/// <summary>Start, stop and restart of every resource that runs.</summary>
internal static class LifecycleCommands
{
    public static void AddTo(IEnumerable<IResource> resources)
    {
        foreach (var resource in resources.Where(resource => resource is IComputeResource))
        {
            Add(resource, KnownResourceCommands.StartCommand, "Start", isEnabledIn: IsAtRest, (orchestrator, id, token) => orchestrator.StartResourceAsync(id, token));
            Add(resource, KnownResourceCommands.StopCommand, "Stop", isEnabledIn: state => !IsAtRest(state), (orchestrator, id, token) => orchestrator.StopResourceAsync(id, token));
            Add(resource, KnownResourceCommands.RestartCommand, "Restart", isEnabledIn: state => !IsAtRest(state), (orchestrator, id, token) => orchestrator.RestartResourceAsync(id, token));
        }
    }

    private static void Add(
        IResource resource, string name, string displayName, Func<string?, bool> isEnabledIn, Func<Orchestrator, string, CancellationToken, Task> action)
    {
        if (resource.Annotations.OfType<ResourceCommandAnnotation>().Any(command => command.Name == name))
            return;
        var options = new CommandOptions
        {
            UpdateState = context => isEnabledIn(context.ResourceSnapshot.State?.Text) ? ResourceCommandState.Enabled : ResourceCommandState.Disabled,
        };
        resource.Annotations.Add(new ResourceCommandAnnotation(
            name,
            displayName,
            async context =>
            {
                await action(context.ServiceProvider.GetRequiredService<Orchestrator>(), context.ResourceName, context.CancellationToken);
                return CommandResults.Success();
            },
            options));
    }

    private static bool IsAtRest(string? state) =>
        state is null || state == KnownResourceStates.NotStarted || ResourceNotificationService.HasEnded(state);
}
