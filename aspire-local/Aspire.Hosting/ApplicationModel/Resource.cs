using System.Collections.ObjectModel;
using System.Text.RegularExpressions;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A fact that is attached to a resource: an endpoint, a volume, something it waits for.</summary>
public interface IResourceAnnotation;

/// <summary>The annotations of one resource, in the order in which they were added.</summary>
public sealed class ResourceAnnotationCollection : Collection<IResourceAnnotation>;

/// <summary>What happens to annotations of the same type that are already there.</summary>
public enum ResourceAnnotationMutationBehavior
{
    Append = 0,
    Replace = 1,
}

/// <summary>Common ground of all resources.</summary>
public abstract partial class Resource : IResource
{
    private const int MaximumNameLength = 64;

    /// <exception cref="ArgumentException">The name is not 1–64 ASCII letters, digits and single hyphens that start with a letter and do not end with a hyphen.</exception>
    protected Resource(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Length > MaximumNameLength || !ValidName().IsMatch(name))
            throw new ArgumentException(
                $"Resource name '{name}' is invalid. Name must be between 1 and {MaximumNameLength} characters long, start with an ASCII letter, "
                + "contain only ASCII letters, digits and hyphens, and must not end with a hyphen or contain consecutive hyphens.",
                nameof(name));
        Name = name;
    }

    public virtual string Name { get; }

    public virtual ResourceAnnotationCollection Annotations { get; } = [];

    public override string ToString() => Name;

    [GeneratedRegex("^[a-zA-Z][a-zA-Z0-9]*(-[a-zA-Z0-9]+)*$")]
    private static partial Regex ValidName();
}
