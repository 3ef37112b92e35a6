using Aspire.Hosting.Pipelines;
using SimulationManager.Hosting.Kubernetes;
using SimulationManager.Hosting.Kubernetes.Secrets;

namespace Aspire.Hosting;

/// <summary>Publishing an application for Kubernetes.</summary>
public static class KubernetesBuilderExtensions
{
    /// <summary>
    /// Makes <c>aspire publish</c> write the application's Kubernetes manifests, and adds the steps that keep an installation's secrets and write bills
    /// of materials. Settings are in the section <c>Kubernetes</c>; docs/kubernetes.md describes them.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="namespace">Namespace of everything but what the cluster shares.</param>
    public static IDistributedApplicationBuilder AddKubernetesManifests(this IDistributedApplicationBuilder builder, string @namespace)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(@namespace);
        PipelineStep? publisher = null;
        builder.Pipeline.AddPipelineConfiguration(context =>
        {
            publisher = context.Steps.FirstOrDefault(step => step.Name == GraphManifest.Step);
            return Task.CompletedTask;
        });
        var manifests = ClusterStep.Create(ManifestsStep.Name, "Writes the Kubernetes manifests.", context => ManifestsStep.RunAsync(context, @namespace, publisher));
        manifests.RequiredBy(WellKnownPipelineSteps.Publish);
        builder.Pipeline.AddStep(manifests);
        builder.Pipeline.AddStep(ClusterStep.Create(SecretsStep.Name, "Keeps an installation's secrets in an encrypted file.", SecretsStep.RunAsync));
        builder.Pipeline.AddStep(ClusterStep.Create(SbomStep.Name, "Lists the packages inside a published service.", SbomStep.RunAsync));
        return builder;
    }
}
