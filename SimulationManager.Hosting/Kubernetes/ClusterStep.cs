using Aspire.Hosting.Pipelines;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SimulationManager.Hosting.Kubernetes;

/// <summary>What the steps for clusters have in common.</summary>
internal static class ClusterStep
{
    /// <summary>A step that says on standard error why it failed, and makes the process end with 1.</summary>
    public static PipelineStep Create(string name, string description, Func<PipelineStepContext, Task> action) => new()
    {
        Name = name,
        Description = description,
        Action = async context =>
        {
            try
            {
                await action(context);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // Without the Aspire CLI the host ends with 0 whatever became of its pipeline.
                Environment.ExitCode = 1;
                await Console.Error.WriteLineAsync($"{name}: {exception.Message}");
                throw;
            }
        },
    };

    /// <summary>Writes a line to standard output, and to the Aspire CLI when that runs the pipeline.</summary>
    public static void Say(this PipelineStepContext context, string line)
    {
        Console.WriteLine(line);
        context.ReportingStep.Log(LogLevel.Information, line);
    }

    /// <summary>Whether the Aspire CLI runs the pipeline.</summary>
    public static bool IsRunByCli(this PipelineStepContext context) => context.Services.GetRequiredService<IConfiguration>()["ASPIRE_BACKCHANNEL_PATH"] is not null;

    /// <summary>The path that <c>--output-path</c> names, or null.</summary>
    public static string? OutputPath(this PipelineStepContext context) => context.Services.GetRequiredService<IOptions<PipelineOptions>>().Value.OutputPath;

    /// <summary>A section of the configuration.</summary>
    public static T Settings<T>(this PipelineStepContext context, string section) where T : new() =>
        context.Services.GetRequiredService<IConfiguration>().GetSection(section).Get<T>() ?? new T();

    /// <summary>The repository of the AppHost: its folder with <c>.version</c>, or that of the project.</summary>
    public static string RepositoryRoot(this PipelineStepContext context)
    {
        var project = context.Services.GetRequiredService<IConfiguration>()["AppHost:Directory"] ?? Directory.GetCurrentDirectory();
        for (var folder = new DirectoryInfo(project); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, ManifestsStep.VersionFile))) return folder.FullName;
        return project;
    }
}
