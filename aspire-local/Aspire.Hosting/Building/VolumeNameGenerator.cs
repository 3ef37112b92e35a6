using System.Text.RegularExpressions;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

/// <summary>Names of volumes: by AppHost, resource and purpose.</summary>
public static partial class VolumeNameGenerator
{
    /// <exception cref="ArgumentException">The suffix has characters that no container runtime takes.</exception>
    public static string Generate<T>(IResourceBuilder<T> builder, string suffix)
        where T : IResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(suffix);
        if (NotInVolumeName().IsMatch(suffix))
            throw new ArgumentException($"The suffix '{suffix}' contains invalid characters. Only [a-zA-Z0-9_.-] are allowed.", nameof(suffix));
        return $"{ApplicationPrefix(builder.ApplicationBuilder)}-{builder.Resource.Name}-{suffix}";
    }

    /// <summary>Start of the names of everything that belongs to one AppHost.</summary>
    internal static string ApplicationPrefix(IDistributedApplicationBuilder builder) =>
        ApplicationPrefix(builder.Environment.ApplicationName, builder.Configuration);

    internal static string ApplicationPrefix(string applicationName, IConfiguration configuration)
    {
        var hash = configuration[AppHostIdentity.HashKey]![..AppHostIdentity.HashLength];
        return $"{NotInVolumeName().Replace(applicationName, "_").ToLowerInvariant()}-{hash}";
    }

    [GeneratedRegex("[^a-zA-Z0-9_.-]")]
    private static partial Regex NotInVolumeName();
}
