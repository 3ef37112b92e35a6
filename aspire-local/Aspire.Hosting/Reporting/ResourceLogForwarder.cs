using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Reporting;

/// <summary>Copies what the resources write into the AppHost's own log, where a test shows it.</summary>
internal sealed partial class ResourceLogForwarder(ResourceLoggerService logs, ILoggerFactory loggers, IHostEnvironment environment) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var (resource, line) in logs.WatchAllAsync(stoppingToken))
            {
                var logger = loggers.CreateLogger($"{environment.ApplicationName}.Resources.{resource}");
                if (line.IsErrorMessage)
                    LogErrorLine(logger, line.LineNumber, line.Content);
                else
                    LogLine(logger, line.LineNumber, line.Content);
            }
        }
        catch (OperationCanceledException)
        {
            // The application has ended.
        }
    }

    [LoggerMessage(1, LogLevel.Information, "{LineNumber}: {LineContent}")]
    private static partial void LogLine(ILogger logger, int lineNumber, string lineContent);

    [LoggerMessage(2, LogLevel.Error, "{LineNumber}: {LineContent}")]
    private static partial void LogErrorLine(ILogger logger, int lineNumber, string lineContent);
}
