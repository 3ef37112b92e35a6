using Polly;
using Polly.Retry;
using SimulationManager.Api.Contract;

namespace SimulationManager.Api.Hosting;

/// <summary>Repeats work that failed, at a fixed interval until it succeeds.</summary>
internal static class Retry
{
    /// <summary>While PostgreSQL, Redis, S3 or a worker is away.</summary>
    /// <param name="interval">Between two attempts.</param>
    /// <param name="time">Measures it.</param>
    /// <param name="log">Called for every attempt that failed.</param>
    public static ResiliencePipeline WhileUnavailable(TimeSpan interval, TimeProvider time, Action<Exception> log) =>
        While(exception => ExceptionRefusal.Of(exception).StatusCode == StatusCodes.Status503ServiceUnavailable, interval, time, log);

    /// <summary>While an exception is worth another attempt.</summary>
    /// <param name="isTransient">Whether an exception is worth another attempt.</param>
    /// <param name="interval">Between two attempts.</param>
    /// <param name="time">Measures it.</param>
    /// <param name="log">Called for every attempt that failed.</param>
    public static ResiliencePipeline While(Func<Exception, bool> isTransient, TimeSpan interval, TimeProvider time, Action<Exception> log) =>
        new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Constant,
                Delay = interval,
                ShouldHandle = attempt => ValueTask.FromResult(attempt.Outcome.Exception is { } exception && isTransient(exception)),
                OnRetry = attempt =>
                {
                    log(attempt.Outcome.Exception!);
                    return ValueTask.CompletedTask;
                },
            })
            .Build();
}
