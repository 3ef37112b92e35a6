using Aspire.Hosting.Pipelines;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace SimulationManager.Hosting.Kubernetes;

/// <summary>The manifest of the AppHost's own graph, as Aspire's own step writes it.</summary>
internal static class GraphManifest
{
    /// <summary>Aspire's step that writes it.</summary>
    public const string Step = "publish-manifest";

    /// <summary>Runs the step of that name with an output path of its own.</summary>
    /// <returns>The JSON.</returns>
    public static async Task<string> WriteAsync(PipelineStep step, PipelineStepContext context)
    {
        var folder = Directory.CreateTempSubdirectory("aspire-manifest-");
        try
        {
            var file = Path.Combine(folder.FullName, "manifest.json");
            var services = new ServicesOf(context.Services, new PipelineOptions { OutputPath = file });
            await step.Action(new PipelineStepContext
            {
                PipelineContext = new PipelineContext(context.Model, context.ExecutionContext, services, context.Logger, context.CancellationToken),
                ReportingStep = context.ReportingStep,
            });
            return await File.ReadAllTextAsync(file, context.CancellationToken);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The application's services with other options of the pipeline. The step's log names a file that is soon gone, so nobody sees it.</summary>
    private sealed class ServicesOf(IServiceProvider services, PipelineOptions options) : IServiceProvider
    {
        private readonly IOptions<PipelineOptions> _options = Options.Create(options);

        public object? GetService(Type serviceType) =>
            serviceType == typeof(IOptions<PipelineOptions>) ? _options
            : serviceType == typeof(ILoggerFactory) ? NullLoggerFactory.Instance
            : services.GetService(serviceType);
    }
}
