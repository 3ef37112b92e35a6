using SimulationManager.Hosting.Kubernetes;
using SimulationManager.Hosting.Sites;

namespace Aspire.Hosting;

/// <summary>Credentials for brokers outside the application.</summary>
public static class SiteBuilderExtensions
{
    /// <summary>
    /// Hands the project the user names and passwords of the sites in <c>Sites:Credentials</c>, each a secret parameter <c>site-NAME-username</c> or
    /// <c>site-NAME-password</c>, as <c>Sinks__Credentials__NAME__Username</c> and <c>…__Password</c>.
    /// </summary>
    /// <param name="project">The project whose agents publish.</param>
    public static IResourceBuilder<ProjectResource> WithSiteCredentials(this IResourceBuilder<ProjectResource> project)
    {
        ArgumentNullException.ThrowIfNull(project);
        SiteSettings sites;
        try
        {
            sites = SiteSettings.Read(project.ApplicationBuilder.Configuration);
        }
        catch (GenerationException wrong)
        {
            // Whoever needs the project's environment is told: a start in the log of the resource, a step of the pipeline as its failure.
            return project.WithEnvironment(_ => throw wrong);
        }

        foreach (var credential in sites.Credentials.SelectMany(SiteCredential.Of))
            project.WithEnvironment(credential.Variable, project.ApplicationBuilder.AddParameter(credential.Parameter, secret: true));
        return project;
    }
}
