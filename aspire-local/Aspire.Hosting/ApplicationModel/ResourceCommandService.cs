namespace Aspire.Hosting.ApplicationModel;

/// <summary>Carries out commands of resources.</summary>
public class ResourceCommandService
{
    private readonly DistributedApplicationModel _model;
    private readonly ResourceNotificationService _notifications;
    private readonly ResourceLoggerService _loggers;
    private readonly IServiceProvider _services;

    internal ResourceCommandService(
        DistributedApplicationModel model, ResourceNotificationService notifications, ResourceLoggerService loggers, IServiceProvider services) =>
        (_model, _notifications, _loggers, _services) = (model, notifications, loggers, services);

    /// <summary>Carries out a command of every replica of a resource.</summary>
    public Task<ExecuteCommandResult> ExecuteCommandAsync(IResource resource, string commandName, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return ExecuteAsync(resource, resource.Name, commandName, cancellationToken);
    }

    /// <param name="resourceId">Name of a resource, or of one replica of it.</param>
    /// <param name="commandName">Name of the command; see <see cref="KnownResourceCommands"/>.</param>
    /// <param name="cancellationToken">Gives the command up.</param>
    public async Task<ExecuteCommandResult> ExecuteCommandAsync(string resourceId, string commandName, CancellationToken cancellationToken = default)
    {
        var resource = _model.Resources.TryGetByName(resourceId, out var named) ? named
            : _notifications.TryGetCurrentState(resourceId, out var state) ? state.Resource
            : null;
        return resource is null
            ? CommandResults.Failure($"Resource '{resourceId}' not found.")
            : await ExecuteAsync(resource, resourceId, commandName, cancellationToken);
    }

    private async Task<ExecuteCommandResult> ExecuteAsync(IResource resource, string resourceId, string commandName, CancellationToken cancellationToken)
    {
        if (resource.Annotations.OfType<ResourceCommandAnnotation>().FirstOrDefault(candidate => candidate.Name == commandName) is not { } command)
            return CommandResults.Failure($"Command '{commandName}' not available for resource '{resourceId}'.");
        try
        {
            return await command.ExecuteCommand(new ExecuteCommandContext
            {
                ResourceName = resourceId,
                ServiceProvider = _services,
                Logger = _loggers.GetLogger(resourceId),
                CancellationToken = cancellationToken,
            });
        }
        catch (OperationCanceledException)
        {
            return CommandResults.Canceled();
        }
        catch (Exception exception)
        {
            // A command is a person's own code: whatever it throws is the command's failure, not the engine's.
            return CommandResults.Failure(exception);
        }
    }
}
