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
    public Task<string?> TryAsync(RunCommand command, CancellationToken cancellationToken) => TryAsync(
        () => command is RunCommand.Stop
            ? executions.StopAsync(execution.SimulationId, execution.ExecutionId, cancellationToken)
            : executions.CommandAsync(execution.SimulationId, execution.ExecutionId, command, cancellationToken),
        command.GetType().Name,
        cancellationToken);

    /// <summary>Replaces all faults that are injected.</summary>
    /// <param name="faults">What parts are to have; those that none of it is meant for have none.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Why it was not done, for a person, else what is injected now.</returns>
    public async Task<(string? Problem, IReadOnlyList<InjectedFaultsView> Now)> TryInjectAsync(IReadOnlyList<FaultsRequest> faults, CancellationToken cancellationToken)
    {
        IReadOnlyList<InjectedFaultsView> now = [];
        var problem = await TryAsync(
            async () =>
            {
                FieldProblem[] wrong = [.. faults.Index().SelectMany(entry => BodyValidator.Check(entry.Item).Select(found => found with { Field = $"[{entry.Index}].{found.Field}" }))];
                if (wrong.Length > 0) throw Refuse.Invalid(wrong);
                await executions.InjectFaultsAsync(execution.SimulationId, execution.ExecutionId, [new FaultsRequest { Faults = [] }, .. faults], cancellationToken);
                var run = await executions.GetAsync(execution.SimulationId, execution.ExecutionId, cancellationToken);
                now = run.Execution.CurrentStatus.Playback?.InjectedFaults ?? [];
            },
            nameof(RunCommand.InjectFaults),
            cancellationToken);
        return (problem, now);
    }

    private async Task<string?> TryAsync(Func<Task> give, string command, CancellationToken cancellationToken)
    {
        try
        {
            await give();
            return null;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            var refusal = ExceptionRefusal.Of(exception);
            if (refusal.StatusCode >= StatusCodes.Status500InternalServerError) LogFailed(logger, exception, command, execution.ExecutionId);
            return ErrorWriter.MessageOf(refusal, texts);
        }
    }

    [LoggerMessage(724, LogLevel.Warning, "A viewer's command {Command} to execution {Execution} failed")]
    private static partial void LogFailed(ILogger logger, Exception exception, string command, long execution);
}
