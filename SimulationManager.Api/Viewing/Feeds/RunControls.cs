using Microsoft.Extensions.Localization;
using SimulationManager.Api.Contract;
using SimulationManager.Api.Executions;
using SimulationManager.Core.Grains;

namespace SimulationManager.Api.Viewing.Feeds;

/// <summary>What a client may ask of the run that it watches: the same as over REST, by the same services. One call at a time.</summary>
internal sealed partial class RunControls(WatchedExecution execution, ExecutionService executions, IStringLocalizer<Messages> texts, ILogger<RunControls> logger)
{
    /// <summary>What the run's positions lie between.</summary>
    /// <exception cref="RefusalException">There is no such run (404).</exception>
    public Task<RunTimes> GetTimesAsync(CancellationToken cancellationToken) => executions.GetTimesAsync(execution.SimulationId, execution.ExecutionId, cancellationToken);

    /// <summary>Gives the run a command.</summary>
    /// <returns>Why it was not done, for a person; null: it was.</returns>
    public async Task<string?> TryAsync(RunCommand command, CancellationToken cancellationToken)
    {
        try
        {
            if (command is RunCommand.Stop) await executions.StopAsync(execution.SimulationId, execution.ExecutionId, cancellationToken);
            else await executions.CommandAsync(execution.SimulationId, execution.ExecutionId, command, cancellationToken);
            return null;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            var refusal = ExceptionRefusal.Of(exception);
            if (refusal.StatusCode >= StatusCodes.Status500InternalServerError) LogFailed(logger, exception, command.GetType().Name, execution.ExecutionId);
            return ErrorWriter.MessageOf(refusal, texts);
        }
    }

    [LoggerMessage(724, LogLevel.Warning, "A viewer's command {Command} to execution {Execution} failed")]
    private static partial void LogFailed(ILogger logger, Exception exception, string command, long execution);
}
